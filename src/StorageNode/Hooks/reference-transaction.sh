#!@BASH@
# Run by git at each step of a reference transaction. Asks the node, whose answer comes from the other replicas:
# exit status 0 lets git go on, any other makes it roll the transaction back. If the node dies, the connection breaks and git rolls back.
# Sent: "<secret> <state>", the lines that git gave, an empty line. Answered: "ok", or the reason why not.
LC_ALL=C
{ exec 3<>"/dev/tcp/127.0.0.1/$PRAEFECT_HOOK_PORT"; } 2>/dev/null || { echo "storage node is gone" >&2; exit 1; }
printf '%s %s\n' "$PRAEFECT_HOOK_SECRET" "$1" >&3 || exit 1
while IFS= read -r -N 65536 part || [ -n "$part" ]; do printf '%s' "$part" >&3 || exit 1; done
printf '\n' >&3 || exit 1
IFS= read -r answer <&3 || { echo "storage node is gone" >&2; exit 1; }
[ "$answer" = ok ] && exit 0
printf '%s\n' "$answer" >&2
exit 1
