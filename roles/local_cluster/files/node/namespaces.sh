# Sets up the namespaces of one node, and holds them: everything else of the node enters those of this process.
#   unshare --net --mount -- sh namespaces.sh FOLDER READY ADDRESS SERVICES [FIRST NUMBER] [-- NET VIA]...
# FIRST: the process that holds the first node's namespaces, to whose bridge this NUMBERth node is connected.
# NET VIA: pods of another node, and that node's address.
set -eu
folder=$1 ready=$2 address=$3 services=$4
shift 4

# The usual places of kubelet and containerd are folders of this node; nothing of it is mounted on the machine itself.
mount --make-rshared /
mkdir -p "$folder/var/lib" "$folder/var/log"
ln -sfn /run "$folder/var/run"
mount --bind "$folder/var" /var
mount -t tmpfs -o mode=755 tmpfs /run

ip link set lo up
if [ $# -gt 1 ] && [ "$1" != -- ]; then
    ip link add nodes type veth peer name "node$2" netns "$1"
    nsenter --net -t "$1" ip link set "node$2" master nodes up
    shift 2
else
    ip link add nodes type bridge
fi
ip address add "$address/24" dev nodes
ip link set nodes up
# There is no way out: what is not the cluster's is unreachable at once, not after a timeout.
ip route add unreachable default
ip route add "$services" dev nodes
[ $# = 0 ] || shift
while [ $# -gt 1 ]; do
    ip route add "$1" via "$2"
    shift 2
done
echo 1 >/proc/sys/net/ipv4/ip_forward

: >"$ready"
exec sleep infinity
