"""Holds what both programs answered to a step against one another, and counts what may differ by its reason."""
import difflib, os, re


class Comparison:
    """differences.tsv: step (a regular expression over its whole name), reason. A reason that no step needs is an error, too."""
    def __init__(self, file):
        rows = [line.rstrip("\n").split("\t") for line in open(file) if line.strip() and not line.startswith("#")]
        self.allowed = [(re.compile(step), reason) for step, reason in rows]
        self.used, self.equal, self.listed, self.wrong = {}, 0, 0, 0

    def step(self, name, theirs, ours):
        if theirs == ours:
            self.equal += 1
            print("same  %s" % name, flush=True)
            return
        reasons = [(step.pattern, reason) for step, reason in self.allowed if step.fullmatch(name)]
        for pattern, reason in reasons:
            self.used[pattern] = self.used.get(pattern, 0) + 1
        if reasons:
            self.listed += 1
            print("listed %s: %s" % (name, "; ".join(reason for _, reason in reasons)), flush=True)
            if not os.environ.get("SHOW"):
                return
        else:
            self.wrong += 1
            print("DIFFERS %s" % name, flush=True)
        for line in difflib.unified_diff(theirs.splitlines(), ours.splitlines(), "praefect", "gateway", lineterm="", n=1):
            print("        " + line, flush=True)

    def finish(self):
        unused = [step.pattern for step, _ in self.allowed if step.pattern not in self.used]
        for pattern in unused:
            print("no step differs any more by %s" % pattern)
        print("%d equal, %d differ as listed, %d differ" % (self.equal, self.listed, self.wrong))
        return 1 if self.wrong or unused else 0
