mod calls;
mod model;
mod pool;
mod random;
mod rewards;
mod slashing;
