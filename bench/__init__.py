"""What the app costs, beside what people write instead: four scripts, which `dev.py bench` runs.

Variants take turns within one run, so that other work on the machine slows all of them alike, and
only ratios are results. (pyperf measures one after the other, so it is not used.)
"""
