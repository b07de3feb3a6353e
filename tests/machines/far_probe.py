"""What a host sees of another: arguments are its address, the front's port, the SuperLink's, and the CA."""

import json
import socket
import ssl
import sys

import patience


def main(host: str, front: str, superlink: str, ca: str) -> None:
    """Writes the answers to a fleet call and a control call, and whether the SuperLink's own port is open."""
    trust = ssl.create_default_context(cafile=ca)
    headers = {"content-type": "application/protobuf"}
    with patience.client(base_url=f"https://{host}:{front}", verify=trust, headers=headers) as http:
        fleet = http.post("/v1/fleet/activate-node").status_code
        control = http.post("/v1/control/start-run").status_code
    with socket.socket() as probe:
        probe.settimeout(patience.SECONDS)
        is_open = probe.connect_ex((host, int(superlink))) == 0
    sys.stdout.write(json.dumps({"fleet": fleet, "control": control, "superlink_is_open": is_open}))


if __name__ == "__main__":
    main(*sys.argv[1:])
