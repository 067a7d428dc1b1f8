# The machine was started again with the package on it.
. /test/lib.sh

step "after a boot: the directory of the socket, the account, the service"
[ "$(stat -c '%U:%G %a' /run/zmq_pubsub)" = 'df-pubsub:df-pubsub 750' ] || fail "/run/zmq_pubsub"
until_true 60 "active" active
[ "$(shown NRestarts)" = 0 ] || fail "it was restarted"
use

step "purge leaves nothing"
dpkg --purge df-pubsub
without_a_trace
