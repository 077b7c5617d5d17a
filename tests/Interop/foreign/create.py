#!/usr/bin/python3
"""create.py ADDRESS STORAGE PATH: CreateRepository, waiting for the gateway to see its nodes."""
import hmac, os, sys, time
import grpc
import wire

now = "%d" % time.time()
bearer = "Bearer v2.%s.%s" % (hmac.new(os.environ.get("TOKEN", "secret").encode(), now.encode(), "sha256").hexdigest(), now)
call = grpc.insecure_channel(sys.argv[1]).unary_unary("/gitaly.RepositoryService/CreateRepository")
for _ in range(60):
    try:
        call(wire.repository(sys.argv[2], sys.argv[3]), metadata=[("authorization", bearer)], timeout=10)
        break
    except grpc.RpcError as e:
        if e.code() == grpc.StatusCode.ALREADY_EXISTS:
            break
        last = e
        time.sleep(0.5)
else:
    sys.exit("no repository: %s" % last)
