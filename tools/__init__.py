"""Commands for work on this repository: generating, packaging, testing and measuring.

What a user of the app runs is in ``local``.
"""
