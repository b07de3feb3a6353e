"""What a program does with the stock huggingface_hub, in a process of its own: it knows nothing of flock.

``push NAME FOLDER`` or ``pull REPOSITORY REVISION FILE FOLDER``; HF_ENDPOINT, HF_TOKEN, HF_HOME are set.
"""

import sys

from huggingface_hub import HfApi, hf_hub_download

verb, *given = sys.argv[1:]
if verb == "push":
    name, folder = given
    api = HfApi()
    repo = api.create_repo(name, exist_ok=True).repo_id
    commit = api.upload_folder(folder_path=folder, repo_id=repo)
    sys.stdout.write(f"{repo}\n{commit.oid}\n")
else:
    repository, revision, file, folder = given
    sys.stdout.write(hf_hub_download(repository, file, revision=revision, local_dir=folder) + "\n")
