"""The desk: from records to tickets in a database, pushes on devices, and a page.

Read in this order: ``intake`` (a queue message, from reading to the commit), ``tickets`` and
``pushes`` (what a record changes), ``outbox`` and ``senders`` (to the devices), ``views`` and
``page`` (what people see). ``schema.sql`` has the tables, ``application`` puts it together.
"""
