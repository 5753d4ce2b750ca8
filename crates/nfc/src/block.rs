//! The block protocol (ISO/IEC 14443-4 clause 7): I-blocks, R-blocks and S-blocks, chaining in both
//! directions, waiting time extension, recovery, presence check and DESELECT.
