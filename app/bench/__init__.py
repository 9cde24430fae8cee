"""What a machine's speed decides: measured and printed, never passed or failed.

Ratios are against something measured in the same run, on the same threads.
"""
