"""Makes Gitaly's messages and services importable: generates them from the .proto files in PROTO into GENERATED (default: WORK/py), once."""
import glob, os, subprocess, sys

folder, proto = os.environ.get("GENERATED", os.environ["WORK"] + "/py"), os.environ["PROTO"]
if not os.path.exists(folder + "/repository_pb2_grpc.py"):
    os.makedirs(folder, exist_ok=True)
    subprocess.check_call([sys.executable, "-m", "grpc_tools.protoc", "-I" + proto, "--python_out=" + folder, "--grpc_python_out=" + folder]
                          + glob.glob(proto + "/*.proto"))
sys.path.insert(0, folder)
