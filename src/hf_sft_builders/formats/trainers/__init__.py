"""What trainers require of data, one file each; `formats.trainer_rules` looks them up."""
