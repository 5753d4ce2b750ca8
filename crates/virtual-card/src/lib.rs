//! virtual
