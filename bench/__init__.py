"""What the app costs, beside what people write instead: one script for each part.

`python3 dev.py bench` runs them. Each compares variants within one run and takes them in turns, so
that a busy machine slows all of them alike; only ratios are results.
"""
