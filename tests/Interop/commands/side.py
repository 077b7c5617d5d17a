"""One of the two clusters that are compared: the real Praefect's, or ours. Each has nodes, a Postgres, and a folder of its own."""
import os, re, subprocess, time
from concurrent.futures import ThreadPoolExecutor

here = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
STORAGES = ("gitaly-1", "gitaly-2", "gitaly-3")


class Side:
    def __init__(self, name, port, node_port):
        self.name, self.port, self.node_port = name, port, node_port
        self.work = os.path.join(os.environ["WORK"], name)
        self.env = dict(os.environ, WORK=self.work, PORT=str(port), NODE_PORT=str(node_port), STORE="postgres", RECONCILE="1s", NODE_LEVEL="warn")
        self.program = [os.environ["PEERS"] + "/bin/praefect"] if name == "praefect" else ["dotnet", os.environ["PRAEFECT"]]
        self.config = "%s/etc/%s.toml" % (self.work, name)

    def script(self, text):
        """Runs lines of shell with the functions of lib.sh and this side's folder and ports."""
        return subprocess.run(["bash", "-c", ". '%s/lib.sh'; %s" % (here, text)], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)

    def up(self, *what):
        done = self.script("'%s/up.sh' %s" % (here, " ".join(what)))
        assert done.returncode == 0, done.stdout

    def stop(self, *what):
        self.script("; ".join("stop " + one for one in what))

    def down(self):
        subprocess.run([here + "/down.sh"], env=self.env, stdout=subprocess.DEVNULL)

    def variant(self, name, change):
        """A copy of the configuration with something changed; its path."""
        path = "%s/etc/%s.toml" % (self.work, name)
        with open(path, "w") as file:
            file.write(change(open(self.config).read()))
        return path

    def run(self, words, stdin="", config=None):
        config = self.config if config is None else config
        done = subprocess.run(self.program + (["-config", config] if config else []) + list(words), input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, universal_newlines=True, timeout=300, cwd=self.work, env=dict(self.env, DOTNET_TieredPGO="0"))
        return done.returncode, self.mask(done.stdout), self.mask(done.stderr)

    def mask(self, text):
        """Without what is another in each cluster or at each time: ports, folders, times, durations."""
        for i in (1, 2, 3):
            text = text.replace("127.0.0.1:%d" % (self.node_port + i), "NODE-%d" % i)
        text = text.replace("127.0.0.1:%d" % (self.port + 5), "POSTGRES").replace("127.0.0.1:%d" % self.port, "PRAEFECT").replace(self.work, "WORK")
        text = re.sub(r"(?m)^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ", "", text)          # what Go's logger puts in front up to 17.x
        text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?[+-]\d{4}| ?\+00:00)?( UTC)?", "TIME", text)
        text = re.sub(r"\d+(\.\d+)?(ns|µs|ms|s)\)", "DURATION)", text)
        text = re.sub(r"\b(20\d{12}|00\d)_\w+", "MIGRATION", text)
        text = re.sub(r"\b\d+( migrations)|(migrations to apply:) \d+", r"\2 N\1", text)
        return re.sub(r"%s.toml" % self.name, "CONFIG", text)


def both(sides, what):
    """The same for both at once; their results."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(what, sides))


def until(condition, seconds=60, words="condition"):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not within %d s: %s" % (seconds, words)
        time.sleep(0.2)
