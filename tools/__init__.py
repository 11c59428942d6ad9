"""Chores of this repository: what is generated, packaged, tested and measured.

Nothing that a user of the app runs is here; that is ``local``.
"""
