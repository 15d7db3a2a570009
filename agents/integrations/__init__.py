"""Other frameworks' trainers behind this suite's contract `train(spec, run_dir)`."""
