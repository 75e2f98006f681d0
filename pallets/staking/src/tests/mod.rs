mod calls;
mod pool;
mod random;
mod rewards;
mod slashing;
