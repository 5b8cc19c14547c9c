//! Who thinks and who judges: the policies of cogitree.

mod sketcher;
