"""Chores of this repository: what is generated, packaged, tested and measured.

What a user of the app runs is in ``local``.
"""
