"""What a trainer does with the stock ``huggingface_hub``, in a process of its own: it knows nothing of flock.

Run with HF_ENDPOINT, HF_TOKEN, HF_HOME and HF_HUB_DISABLE_XET set, and a verb: each writes one line of JSON.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path

import huggingface_hub
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub import errors as hub_errors


def push(folder: Path, name: str) -> dict:
    api = HfApi()
    repo = api.create_repo(name).repo_id
    again = api.create_repo(name, exist_ok=True).repo_id
    try:
        api.create_repo(repo)
        status = None
    except hub_errors.HfHubHTTPError as error:
        status = error.response.status_code
    small = api.upload_file(path_or_fileobj=b"{}", path_in_repo="config.json", repo_id=repo)
    large = api.upload_file(
        path_or_fileobj=str(folder / "model.safetensors"), path_in_repo="model.safetensors", repo_id=repo
    )
    everything = api.upload_folder(folder_path=str(folder), repo_id=repo, commit_message="all")
    same = api.upload_folder(folder_path=str(folder), repo_id=repo, commit_message="again")
    return {
        "version": huggingface_hub.__version__,
        "repo": repo,
        "again": again,
        "conflict": status,
        "commits": [small.oid, large.oid, everything.oid, same.oid],
        "files": api.list_repo_files(repo),
        "who": api.whoami()["name"],
    }


def pull(repo: str, target: Path) -> dict:
    api = HfApi()
    info = api.model_info(repo, files_metadata=True)
    path = Path(api.snapshot_download(repo, cache_dir=target))
    found = {str(p.relative_to(path)): p.read_bytes().hex() for p in path.rglob("*") if p.is_file()}
    return {
        "sha": info.sha,
        "private": info.private,
        "commit": path.name,
        "sizes": {s.rfilename: s.size for s in info.siblings},
        "large": {s.rfilename: s.lfs.sha256 for s in info.siblings if s.lfs},
        "found": found,
        "exists": [api.file_exists(repo, "config.json"), api.file_exists(repo, "nothing.json")],
        "tree": sorted(entry.path for entry in api.list_repo_tree(repo)),
    }


def fetch(repo: str, name: str, target: Path, revision: str = "main") -> dict:
    path = Path(HfApi().hf_hub_download(repo, name, cache_dir=target, revision=revision))
    return {"sha256": sha256(path.read_bytes()).hexdigest(), "commit": path.parent.name}


def fetch_here(repo: str, name: str, target: Path) -> dict:
    path = Path(HfApi().hf_hub_download(repo, name, local_dir=target))
    return {"sha256": sha256(path.read_bytes()).hexdigest()}


def change(repo: str, parent: str) -> dict:
    operations = [
        CommitOperationDelete("config.json"),
        CommitOperationAdd("notes/a.txt", b"a"),
        CommitOperationAdd("training_args.bin", b"\x80\x02}."),
    ]
    made = HfApi().create_commit(repo, operations, commit_message="change", parent_commit=parent)
    return {"commit": made.oid, "url": str(made.commit_url)}


def release(repo: str) -> dict:
    api = HfApi()
    api.update_repo_settings(repo, private=False)
    return {"private": api.model_info(repo).private}


def delete(repo: str) -> dict:
    HfApi().delete_repo(repo)
    return {"exists": HfApi().repo_exists(repo)}


def several(calls: str) -> dict:
    """Several verbs with their arguments, as JSON: to start Python once."""
    return {"answers": [attempt(*call) for call in json.loads(calls)]}


VERBS = {f.__name__: f for f in (push, pull, fetch, fetch_here, change, release, delete, several)}


def attempt(verb: str, *given: str) -> dict:
    """What the verb gives, or the error that it raises."""
    arguments = [Path(value) if value.startswith("/") else value for value in given]
    try:
        return VERBS[verb](*arguments)
    except Exception as error:
        response = getattr(error, "response", None)
        status = None if response is None else response.status_code
        return {"error": type(error).__name__, "said": str(error), "status": status}


sys.stdout.write(json.dumps(attempt(*sys.argv[1:])) + "\n")
