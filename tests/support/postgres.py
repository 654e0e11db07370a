"""A private PostgreSQL cluster for tests: on a unix socket, in a folder of its own,
gone afterwards.  Unit programs get its URL in CONVOKE_TEST_PG and make a database
of their own in it."""
import glob
import os
import pwd
import shutil
import subprocess
import tempfile


def program(name):
    """The newest PostgreSQL's program; Debian keeps them off the PATH."""
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"))
    return found[-1] if found else shutil.which(name)


def as_unprivileged(command):
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return command
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"] + command


class Cluster:
    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="convoke-pg-")
        self.data = os.path.join(self.folder, "data")
        if os.geteuid() == 0:
            os.chown(self.folder, pwd.getpwnam("nobody").pw_uid, -1)
        self._run("initdb", "-D", self.data, "-U", "convoke", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        options = (f"-k {self.folder} -c listen_addresses= -c max_connections=1000 -c fsync=off "
                   "-c full_page_writes=off -c synchronous_commit=off")
        self._run("pg_ctl", "-D", self.data, "-w", "-t", "300", "-l", os.path.join(self.folder, "log"),
                  "-o", options, "start")
        self.url = f"host={self.folder} user=convoke dbname=postgres"
        return self

    def _run(self, name, *arguments):
        done = subprocess.run(as_unprivileged([program(name), *arguments]), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, cwd=self.folder)
        if done.returncode != 0:
            raise RuntimeError(f"{name}: {done.stdout}")

    def __exit__(self, *_):
        try:
            self._run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "-t", "300", "stop")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
