"""Waiting for what the daemon tells by no event: it is asked again and again, and time only ends what hangs."""
import time

LIMIT = 120  # seconds; what has not happened by then never will, however busy the machine is


def until(look, good=bool):
    """What look() gives once that is good."""
    end = time.monotonic() + LIMIT
    while not good(seen := look()):
        assert time.monotonic() < end, f"never so: {seen!r:.2000}"
        time.sleep(0.01)  # leaves the machine to whom is waited for
    return seen
