"""Is this parcellation what it says it is? One file for each kind of question."""
