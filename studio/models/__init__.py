"""The variational recurrent network, its parts and its likelihoods. Pure torch: knows no files."""
