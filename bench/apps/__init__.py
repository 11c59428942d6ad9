"""Function apps to compare with, each the `__init__.py` of its one function."""
