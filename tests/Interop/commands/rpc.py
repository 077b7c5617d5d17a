"""Calls that bring a side into a state: repositories made through its gateway, or straight on a node's disk, and what its gateway says of them."""
import hmac, os, sys, time

sys.path.append(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
import generated
import grpc
import operations_pb2 as O, operations_pb2_grpc, praefect_pb2 as I, praefect_pb2_grpc, ref_pb2 as F, ref_pb2_grpc, repository_pb2 as R, repository_pb2_grpc
import shared_pb2 as S, smarthttp_pb2

from side import until

TOKEN = os.environ.get("TOKEN", "secret")
ME = S.User(gl_id="user-1", name=b"Ann", email=b"ann@example.com", gl_username="ann", timezone="UTC")


CALLER = [("client_name", "interop"), ("call_site", "commands"), ("deadline_type", "regular"), ("remote_ip", "127.0.0.1"), ("user_id", "1"), ("username", "ann"),
          ("x-gitlab-correlation-id", "interop-commands"), ("x-gitlab-client-name", "interop")]


def auth():
    """A token of now, and what GitLab tells of a caller."""
    now = "%d" % time.time()
    return [("authorization", "Bearer v2.%s.%s" % (hmac.new(TOKEN.encode(), now.encode(), "sha256").hexdigest(), now))] + CALLER


class Calls:
    """To one address: a gateway's, or a node's."""
    def __init__(self, port, storage="default"):
        self.channel, self.storage = grpc.insecure_channel("127.0.0.1:%d" % port), storage
        self.repositories, self.operations = repository_pb2_grpc.RepositoryServiceStub(self.channel), operations_pb2_grpc.OperationServiceStub(self.channel)
        self.refs, self.info = ref_pb2_grpc.RefServiceStub(self.channel), praefect_pb2_grpc.PraefectInfoServiceStub(self.channel)

    def at(self, path):
        return S.Repository(storage_name=self.storage, relative_path=path, gl_repository="project-1", gl_project_path=path)

    def create(self, path):
        self.repositories.CreateRepository(R.CreateRepositoryRequest(repository=self.at(path), default_branch=b"main"), metadata=auth(), timeout=60)

    def remove(self, path):
        self.repositories.RemoveRepository(R.RemoveRepositoryRequest(repository=self.at(path)), metadata=auth(), timeout=60)

    def exists(self, path, metadata=None):
        return self.repositories.RepositoryExists(R.RepositoryExistsRequest(repository=self.at(path)), metadata=metadata or auth(), timeout=60).exists

    def commit(self, path, name):
        def requests():
            yield O.UserCommitFilesRequest(header=O.UserCommitFilesRequestHeader(repository=self.at(path), user=ME, branch_name=b"main", commit_message=b"m"))
            yield O.UserCommitFilesRequest(action=O.UserCommitFilesAction(header=O.UserCommitFilesActionHeader(action=O.UserCommitFilesActionHeader.CREATE, file_path=name.encode())))
            yield O.UserCommitFilesRequest(action=O.UserCommitFilesAction(content=b"x"))
        return self.operations.UserCommitFiles(requests(), metadata=auth(), timeout=60).branch_update.commit_id

    def branches(self, path):
        return [b.name for m in self.refs.FindLocalBranches(F.FindLocalBranchesRequest(repository=self.at(path)), metadata=auth(), timeout=60) for b in m.local_branches]

    def commits(self, path):
        """Branches, and the commit that each is at."""
        return {b.name.decode()[len("refs/heads/"):]: b.target_commit.id for m in
                self.refs.FindLocalBranches(F.FindLocalBranchesRequest(repository=self.at(path)), metadata=auth(), timeout=60) for b in m.local_branches}

    def metadata(self, path):
        request = I.GetRepositoryMetadataRequest(path=I.GetRepositoryMetadataRequest.Path(virtual_storage="default", relative_path=path))
        return self.info.GetRepositoryMetadata(request, metadata=auth(), timeout=20)

    def settle(self, path):
        """Waits until all storages that have it or should are healthy and up to date."""
        def settled():
            replicas = self.metadata(path).replicas
            return len({r.generation for r in replicas}) == 1 and all(r.healthy for r in replicas)
        until(settled, 90, "%s is up to date everywhere" % path)

    def verified(self, path):
        """Waits until all replicas are up to date and have been found on their disks; each program looks when it gets to it."""
        self.settle(path)
        until(lambda: all(r.HasField("verified_at") for r in self.metadata(path).replicas), 90, "%s is verified" % path)

    def health(self, path, storages):
        """Waits until exactly these storages are healthy in the gateway's eyes."""
        until(lambda: {r.storage for r in self.metadata(path).replicas if r.healthy} == set(storages), 60, "only %s healthy" % " ".join(storages))
