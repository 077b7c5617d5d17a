#!/usr/bin/python3
"""compare.py PRAEFECT GATEWAY: two outputs of calls.py with the nodes' part, line by line. Prints each answer that differs and each call that was
distributed differently; what is tolerated is counted by its class, with the numbers of the calls, and stands in docs/differences.md. Ends with 1 if
anything is left. calls.py waits before each call until no replica is behind, so that both had the same choice of nodes."""
import sys

# What Praefect logs under the id of the call after which it copies a repository: the copy, and what the copying node asks of the source.
COPY = {"ReplicateRepository", "GetSnapshot", "GetObjectPool", "GetConfig", "GetCustomHooks", "FindDefaultBranchName", "RepositoryExists",
        "SSHUploadPackWithSidechannel", "ReferenceTransactionHook", "LinkRepositoryToObjectPool", "ObjectFormat"}
# Calls in which the nodes read another repository through the gateway, each from a replica that is chosen by chance.
READING = {"CreateFork", "CreateObjectPool", "FetchIntoObjectPool", "FetchSourceBranch", "ReplicateRepository", "UserRebaseConfirmable"}
# Answers that differ on purpose.
ANSWERS = {"UserCommitFiles no header"}
CLASSES = {"answer": "the answer differs on purpose", "copy": "Praefect copies under the id of the call", "reads": "replica for the nodes' own reads chosen by chance"}


def read(path):
    for line in open(path):
        head, _, nodes = line.rstrip("\n").rpartition(" | ")
        yield head, {} if nodes == "no node" else dict(pair.split("=") for pair in nodes.split())


def tolerated(call, theirs, ours):
    """The first class that explains the difference, or nothing."""
    method = call.split()[0]
    if "ReplicateRepository" in theirs and method != "ReplicateRepository":
        theirs = {name: count for name, count in theirs.items() if name not in COPY - {method}}
        ours = {name: count for name, count in ours.items() if name not in COPY - {method}}
        if theirs == ours:
            return "copy"
    if method in READING and theirs.get(method) == ours.get(method) and set(theirs) - COPY == set(ours) - COPY:
        return "reads"
    return None


answers, nodes, classes, calls = 0, 0, {}, 0
theirs, ours = list(read(sys.argv[1])), list(read(sys.argv[2]))
if len(theirs) != len(ours):
    sys.exit("%d calls on one side, %d on the other" % (len(theirs), len(ours)))
for (a, at), (b, bt) in zip(theirs, ours):
    calls += 1
    if a != b and b[4:48].strip() in ANSWERS:
        classes.setdefault("answer", []).append(b[:3])
    elif a != b:
        answers += 1
        print("answer\n  praefect %s\n  here     %s" % (a[:300], b[:300]))
    if at == bt:
        continue
    found = tolerated(b[4:], at, bt)
    if found:
        classes.setdefault(found, []).append(b[:3])
        continue
    nodes += 1
    show = lambda served: " ".join("%s=%s" % pair for pair in sorted(served.items())) or "no node"
    print("nodes %s\n  praefect %s\n  here     %s" % (b[:48], show(at), show(bt)))
for name, numbers in sorted(classes.items()):
    print("tolerated on %d calls, %s: %s" % (len(numbers), CLASSES[name], " ".join(numbers)))
print("differential: %d calls, %d answers different, %d differently distributed" % (calls, answers, nodes))
sys.exit(1 if answers or nodes else 0)
