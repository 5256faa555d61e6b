"""SAMP, the VO's protocol between programs on one desk: a table sent to TOPCAT, Aladin or DS9."""

from pathlib import Path

from pyvo.samp import SAMPHubError, SAMPIntegratedClient

from halflight import __version__

MESSAGES = {".fits": "table.load.fits", ".vot": "table.load.votable", ".xml": "table.load.votable"}


def send(path: Path) -> str:
    """Send a table's address to every program that takes its format; their names.

    Raises:
        RuntimeError: there is no hub, or no program that takes it.
    """
    client = SAMPIntegratedClient(
        name="halflight",
        addr="127.0.0.1",
        metadata={"halflight.version": __version__},
        callable=False,
    )
    try:
        client.connect()
    except SAMPHubError as error:
        raise RuntimeError(
            "no SAMP hub was found: start TOPCAT, Aladin or DS9, and send the table again"
        ) from error
    try:
        message = MESSAGES[path.suffix]
        takers = client.get_subscribed_clients(message)
        if not takers:
            raise RuntimeError(f"no program on this desk takes {message}: start TOPCAT or Aladin")
        names = [str(client.get_metadata(taker).get("samp.name", taker)) for taker in takers]
        parameters = {"url": path.resolve().as_uri(), "table-id": path.name, "name": path.name}
        client.notify_all({"samp.mtype": message, "samp.params": parameters})
        return ", ".join(names)
    finally:
        client.disconnect()
