"""How a validator scores a submission: alone with it, in a process that has no network.

``task`` and ``specifications`` say what is asked for, ``artifact`` reads what came, ``sets`` are hidden examples.
``evaluator`` is what a kind of task brings, ``evaluators`` are the built-in ones, ``compute`` is their torch.
``scorer`` runs an evaluator in a worker (``process``) and gives a ``results.Result``; ``calibration`` measures the
noise of scores, ``cache`` keeps what was fetched. Nothing here knows a chain or a service.
"""
