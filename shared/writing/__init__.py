"""Records and dead letters to Azure Storage."""
