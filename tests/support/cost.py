"""What a daemon has used, as the kernel counts it: CPU time and memory, which a busy machine
leaves as they are."""
import os
import re

TICKS = os.sysconf("SC_CLK_TCK")


def stat(pid):
    """The fields behind the program's name."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as fields:
        return fields.read().rsplit(")", 1)[1].split()


def processes(server):
    """The daemon and what it has started."""
    found = [server.process.pid]
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if int(stat(pid)[1]) == server.process.pid:
                found.append(int(pid))
        except (OSError, IndexError):
            pass
    return found


def seconds(pid):
    """Of CPU, in the kernel's too."""
    fields = stat(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS


def seconds_of_threads(pid, name):
    """The same of the threads whose name begins so."""
    used = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/stat", encoding="ascii", errors="replace") as line:
            head, fields = line.read().rsplit(")", 1)
        if head.split("(", 1)[1].startswith(name):
            used += sum(map(int, fields.split()[11:13])) / TICKS
    return used


def memory(pid, name):
    """Megabytes; by the name of a line in its status (VmRSS, VmHWM)."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        return int(re.search(rf"{name}:\s+(\d+) kB", status.read()).group(1)) / 1024


def reset_peak(pid):
    with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as clear:
        clear.write("5")
