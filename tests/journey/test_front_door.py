"""The two commands of the README, as a new user runs them."""
import os
import pathlib
import signal
import subprocess
import tempfile

import pytest

from support.server import PORTS, SOURCE, port_is_free
from support.wait import LIMIT, until


def port_base():
    """A base whose seven ports are free: behind those that servers of other tests get meanwhile, in
    front of those that the kernel gives to connections."""
    return next(base for base in range(PORTS.stop, 31700)
                if all(port_is_free(base + number) for number in (143, 993, 110, 995, 24, 80, 443)))


@pytest.fixture
def folder():
    """One that also who the daemon becomes may enter."""
    with tempfile.TemporaryDirectory(prefix="convoke-quickstart-") as made:
        os.chmod(made, 0o755)
        yield pathlib.Path(made)


def quickstart(folder, base, *more):
    return [os.path.join(SOURCE, "quickstart"), "--dir", str(folder), "--port-base", str(base), *more]


def processes_of(folder):
    """Ids of the processes whose command line or working folder names the folder."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as text:
                if str(folder).encode() in text.read() and int(pid) != os.getpid():
                    found.append(int(pid))
        except OSError:
            pass
    return found


def test_quickstart_check_shows_the_whole_journey_and_leaves_nothing_running(folder):
    base = port_base()
    for _ in range(2):  # it can be run again
        done = subprocess.run(quickstart(folder / "run", base, "--check"), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=900)
        assert done.returncode == 0, done.stdout[-4000:]
        assert "Quarterly planning" in done.stdout
        assert "Bob has received" in done.stdout
        assert processes_of(folder) == []
    accounts = (folder / "run" / "accounts").read_text().split()
    assert accounts[0::2] == ["alice@example.test", "bob@example.test"]
    assert (folder / "run" / "convoke.conf").exists() and (folder / "run" / "certificate.pem").exists()


def test_quickstart_stays_up_until_ctrl_c_and_then_ends_cleanly(folder):
    process = subprocess.Popen(quickstart(folder / "run", port_base()), stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, start_new_session=True)
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C ends it" in line:
            break
    else:
        raise AssertionError(said[-4000:])
    os.killpg(process.pid, signal.SIGINT)
    process.stdout.read()
    assert process.wait(LIMIT) == 0, said
    until(lambda: processes_of(folder), lambda left: left == [])


def test_quickstart_refuses_wrong_words_with_status_2():
    for words in (["--port-base", "x"], ["--port-base", "70000"], ["--nonsense"], ["--dir"]):
        done = subprocess.run([os.path.join(SOURCE, "quickstart"), *words], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=LIMIT)
        assert done.returncode == 2 and "quickstart:" in done.stdout
