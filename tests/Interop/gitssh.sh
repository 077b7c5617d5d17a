#!/bin/bash
# GIT_SSH_COMMAND=.../gitssh.sh git push|clone ssh://git@gitaly/RELATIVE_PATH: git over the SSH RPCs, by Gitaly's own client, gitaly-ssh.
# GITALY_ADDRESS and GITALY_TOKEN say where; fetches use a sidechannel.
: "${PEERS:?}" "${GITALY_ADDRESS:?}"
export GITALY_ADDRESS GITALY_TOKEN=${GITALY_TOKEN:-${TOKEN:-secret}} GITALY_WD=$PWD GITALY_USE_SIDECHANNEL=1
command=${*: -1}
path=$(sed "s/^[^']*'\/*//; s/'.*//" <<< "$command")
repository="{\"storageName\":\"default\",\"relativePath\":\"$path\",\"glRepository\":\"project-1\",\"glProjectPath\":\"${path%.git}\"}"
case $command in
  *receive-pack*)
    export GITALY_PAYLOAD="{\"repository\":$repository,\"glId\":\"user-1\",\"glRepository\":\"project-1\",\"glUsername\":\"ann\",\"gitProtocol\":\"$GIT_PROTOCOL\"}"
    exec "$PEERS/bin/gitaly-ssh" receive-pack x x ;;
  *upload-pack*)
    export GITALY_PAYLOAD="{\"repository\":$repository,\"gitProtocol\":\"$GIT_PROTOCOL\"}"
    exec "$PEERS/bin/gitaly-ssh" upload-pack x x ;;
esac
