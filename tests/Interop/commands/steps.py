"""A step: one command line given to both programs, and what of the two answers is compared."""
import os, re

from comparison import Comparison
from rpc import Calls
from side import Side, both

here = os.path.dirname(os.path.realpath(__file__))
port, node_port = int(os.environ.get("PORT", "2395")), int(os.environ.get("NODE_PORT", "8110"))
SIDES = [Side("praefect", port, node_port), Side("gateway", port + 10, node_port + 10)]
comparison = Comparison(here + "/differences.tsv")
HELP = re.compile(r"(?ms)^(NAME|Description):\n.*")
UNHEALTHY = re.compile(r"(?<=the following nodes are not healthy: ).*")


def shown(result, view):
    """What is compared of a step. Help is written in each program's own words: that it is there, and where, counts. Nodes are asked at once, and named in any order."""
    code, out, error = result
    error = UNHEALTHY.sub(lambda nodes: ", ".join(sorted(nodes[0].split(", "))), error)
    return "exit code %d\nstdout:\n%s\nstderr:\n%s" % (code, view(HELP.sub("HELP\n", out)), error)


def as_it_is(out):
    return out


def by_node(out):
    """Nodes are asked at once: their lines one node after the other. And without the check of the clock, which only versions up to 17.5 have."""
    out = re.sub(r"Checking clock synchronization(\.\.\.|(.|\n)*?\n)(Passed|Failed .*)\n", "", out)
    return "\n".join(sorted(out.split("\n"), key=lambda line: line.split(": ")[0] if line.startswith("[") else ""))


def by_entry(out):
    """Disks are walked in the order of the file system, and copies are made at once."""
    return "\n".join(sorted(re.split(r"[|\n]", out)))


def by_kind(out):
    """Each program has migrations of its own: one line of each kind, without what fills a table."""
    return "\n".join(dict.fromkeys(re.sub(r"--+", "-", re.sub(r" +", " ", line)).replace("= TIME", "TIME") for line in out.split("\n")))


def step(name, *words, stdin="", config=None, view=as_it_is, first=False):
    """Runs a command line on both; config: a function that gives the file for a side, or "" for none. first: of our errors only the first counts,
    since Praefect stops at it."""
    def run(side):
        code, out, error = side.run([word(side) if callable(word) else word for word in words], stdin, config(side) if config else None)
        return shown((code, out, error.split("\n")[0] + "\n" if first and error else error), view)
    comparison.step(name, *both(SIDES, run))


def on_both(what):
    return both(SIDES, what)


def fresh(side):
    """The same configuration with a database that nobody has migrated."""
    return side.variant("fresh", lambda text: text.replace('dbname = "praefect"', 'dbname = "fresh"'))


def gateway(side):
    return Calls(side.port)


def node(side, i):
    return Calls(side.node_port + i, "gitaly-%d" % i)


def file(name, text):
    """Writes a file beside each side's configuration; a word for step."""
    def path(side):
        full = "%s/etc/%s" % (side.work, name)
        with open(full, "w") as out:
            out.write(text)
        return full
    return path
