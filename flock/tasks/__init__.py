"""What it takes to make a task, whatever the product and whichever the road: the command line or HTTP."""
