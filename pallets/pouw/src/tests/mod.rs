mod attest;
mod beacon;
mod report;
mod session;
