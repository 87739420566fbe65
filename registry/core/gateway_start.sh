# Starts nginx with the name servers of the pod. Names are resolved when a request comes, so nginx starts while the cluster's DNS
# is down, and follows a Service that was recreated.
servers=
while read -r key address _rest; do
  [ "$key" = nameserver ] || continue
  case $address in
    *:*) address="[$address]" ;;
  esac
  servers="$servers $address"
done < /etc/resolv.conf
echo "resolver$servers valid=10s; resolver_timeout 5s;" > /tmp/resolver.conf
exec nginx -e stderr -c /etc/kubeflow/nginx.conf -g 'daemon off;'
