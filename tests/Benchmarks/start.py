#!/usr/bin/env python3
"""start.py [RUNS]: how long praefect takes from its start to serving, medians of RUNS (5), for docs/benchmarks.md.

PRAEFECT: praefect.dll, or the executable, as published (dotnet publish src/Silo -c Release), or several with names: "alone=/a/praefect build=/b/praefect.dll".
NODE: storage-node.dll. CASES: which of sqlite-new, sqlite, postgres, silo, gateway. Postgres' binaries are taken from the machine.
Serving means that /-/ready says yes and the gRPC port takes a connection; a silo has no such port.
"""
import glob, os, re, shutil, signal, socket, statistics, subprocess, sys, tempfile, time

runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
programs = [entry.split("=", 1) if "=" in entry else ["published", entry] for entry in os.environ["PRAEFECT"].split()]
node = os.environ["NODE"]
cases = os.environ.get("CASES", "sqlite-new sqlite postgres silo gateway").split()
folder = tempfile.mkdtemp()
os.chmod(folder, 0o755)
base = int(os.environ.get("PORT", "2900"))
GRPC, READY, PG, NODES = base, base + 1, base + 2, [base + 3, base + 4, base + 5]
started = []


def start(name, *words, wait=None):
    process = subprocess.Popen(words, stdout=open("%s/%s.log" % (folder, name), "ab"), stderr=subprocess.STDOUT)
    started.append(process)
    end = time.monotonic() + 30
    while wait and not accepts(wait):
        assert time.monotonic() < end and process.poll() is None, open("%s/%s.log" % (folder, name)).read()[-2000:]
        time.sleep(0.02)
    return process


def command(program):
    return ["dotnet", program] if program.endswith(".dll") else [program]


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), 0.5).close()
        return True
    except OSError:
        return False


def ready(port):
    try:
        with socket.create_connection(("127.0.0.1", port), 0.5) as connection:
            connection.sendall(b"GET /-/ready HTTP/1.1\r\nHost: praefect\r\nConnection: close\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def postgres():
    bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
    as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    data = folder + "/pg"
    os.mkdir(data)
    if as_user:
        shutil.chown(data, "postgres")
    subprocess.run(as_user + [bin + "/initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"], check=True, stdout=subprocess.DEVNULL, cwd="/")
    process = subprocess.Popen(as_user + [bin + "/postgres", "-D", data, "-p", str(PG), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
                               stdout=open(folder + "/pg.log", "ab"), stderr=subprocess.STDOUT, cwd="/")
    started.append(process)
    while subprocess.run([bin + "/psql", "-h", "127.0.0.1", "-p", str(PG), "-U", "postgres", "-qc", "create database praefect"], stderr=subprocess.DEVNULL).returncode:
        time.sleep(0.1)


def configure(name, store, grpc=GRPC, metrics=READY):
    text = 'listen_addr = "127.0.0.1:%d"\nprometheus_listen_addr = "127.0.0.1:%d"\n[auth]\ntoken = "secret"\n%s\n[[virtual_storage]]\nname = "default"\n' % (grpc, metrics, store)
    for i, port in enumerate(NODES, 1):
        text += '[[virtual_storage.node]]\nstorage = "gitaly-%d"\naddress = "tcp://127.0.0.1:%d"\n' % (i, port)
    path = "%s/%s.toml" % (folder, name)
    open(path, "w").write(text)
    return path


SQL = '[database]\nhost = "127.0.0.1"\nport = %d\nuser = "postgres"\ndbname = "praefect"\nsslmode = "disable"' % PG


def measure(dll, config, role):
    """Milliseconds from the start of the process to serving, and what the process itself counted from the end of reading its configuration."""
    log = "%s/measured.log" % folder
    open(log, "w").close()
    began = time.monotonic()
    process = start("measured", *command(dll), "-config", config, "serve", "-role", role)
    while not (ready(READY) and (role == "silo" or accepts(GRPC))):
        assert process.poll() is None and time.monotonic() - began < 60, open(log).read()[-2000:]
        time.sleep(0.005)
    took = (time.monotonic() - began) * 1000
    end = time.monotonic() + 5
    while not (own := re.search(r"started in (\d+) ms", open(log).read())):
        assert time.monotonic() < end, "no line in the log"
        time.sleep(0.02)
    cpu = sum(int(part) for part in open("/proc/%d/stat" % process.pid).read().rsplit(")", 1)[1].split()[11:13]) * 1000 / os.sysconf("SC_CLK_TCK")
    stop(process)
    return took, int(own[1]), cpu


def prepare(case):
    if case == "sqlite-new":
        for file in glob.glob(folder + "/praefect.db*"):
            os.remove(file)


def main():
    for i, port in enumerate(NODES, 1):
        os.mkdir("%s/gitaly-%d" % (folder, i))
        start("gitaly-%d" % i, "dotnet", node, "--storage", "gitaly-%d" % i, "--path", "%s/gitaly-%d" % (folder, i), "--listen", "tcp://127.0.0.1:%d" % port, wait=port)
    sqlite = configure("sqlite", '[store]\npath = "%s/praefect.db"' % folder)
    cluster = configure("postgres", SQL)
    beside = configure("silo", SQL, grpc=base + 6, metrics=base + 7)
    if {"postgres", "silo", "gateway"} & set(cases):
        postgres()
        subprocess.run(command(programs[0][1]) + ["-config", cluster, "sql-migrate"], check=True, stdout=subprocess.DEVNULL)
    roles = {"sqlite-new": ("all", sqlite), "sqlite": ("all", sqlite), "postgres": ("all", cluster), "silo": ("silo", cluster), "gateway": ("gateway", cluster)}
    print("| program | case | to serving, median (least to most) | of it after reading the configuration | CPU |\n|---|---|---|---|---|")
    for case in cases:
        silo = None
        if case == "gateway":
            silo = start("silo", *command(programs[0][1]), "-config", beside, "serve", "-role", "silo", wait=base + 7)
        results = {name: [] for name, _ in programs}
        for run in range(runs + 1):
            for name, dll in programs:
                prepare(case)
                result = measure(dll, roles[case][1], roles[case][0])
                if run or runs == 0:   # the first warms the disk's cache
                    results[name].append(result)
        for name, measured in results.items():
            total, own, cpu = ([value[i] for value in measured] for i in (0, 1, 2))
            print("| %s | %s | %.0f ms (%.0f to %.0f) | %.0f ms | %.0f ms |" % (name, case, statistics.median(total), min(total), max(total), statistics.median(own), statistics.median(cpu)), flush=True)
        if silo:
            stop(silo)


try:
    main()
finally:
    for process in reversed(started):
        stop(process)
    shutil.rmtree(folder, ignore_errors=True)
