//! How long frames are on the air, and a meter that counts those of a session.
