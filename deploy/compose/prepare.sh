#!/bin/sh
# Prepares what docker-compose.yml needs: passwords, keys, a certificate, and a task.
# Run it from anywhere; a second run creates only what is missing.
set -eu
cd "$(dirname "$0")/../.."
secrets=deploy/compose/secrets
umask 077
mkdir -p "$secrets/keys"

random() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
shell() { docker compose run --rm --no-deps shell "$@"; }

[ -f .env ] || printf 'FLOCK_UID=%s\nFLOCK_TASK=1\n' "$(id -u)" > .env
[ -f "$secrets/password" ] || random > "$secrets/password"
[ -f "$secrets/postgres_password" ] || random > "$secrets/postgres_password"
[ -f "$secrets/alliance.toml" ] ||
    sed "s/PASSWORD/$(cat "$secrets/postgres_password")/" deploy/compose/alliance.toml > "$secrets/alliance.toml"

docker compose build
[ -f "$secrets/tls/ca.pem" ] || shell coordinator certificate --host coordinator --folder secrets/tls
for key in keeper founder node-1 node-2; do
    [ -f "$secrets/keys/$key" ] || shell key new "$key" --password-file secrets/password
done

docker compose up --detach --wait alliance
shell chain fund keeper founder node-1 node-2 --flock 5000
[ -f "$secrets/model.safetensors" ] || docker compose run --rm --no-deps --entrypoint python shell -c '
from pathlib import Path
from flock.training.apps import PROBLEMS
from flock.training.arrays import encode_model
Path("secrets/model.safetensors").write_bytes(encode_model(PROBLEMS["breast_cancer"].initial_arrays()))'
shell task create --key founder --model secrets/model.safetensors --metadata metadata.json \
    --terms terms.toml --bounty 2400

echo "Ready. Now: docker compose up --detach, and: docker compose run --rm shell task show 1"
