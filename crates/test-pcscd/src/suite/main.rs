//! exploration
use kazasu_virtual_card::{Card, Issue, Reference, vpcd::Slot};
fn main(){
    let addresses=std::env::var("KAZASU_TEST_VPCD").unwrap();
    let slot = Slot::connect(addresses.split(',').next().unwrap(), Card::issue(Issue::demonstration().seed(1)).unwrap()).unwrap();
    assert!(slot.wait_for_power(std::time::Duration::from_secs(3)));
    let st=std::process::Command::new("bash").arg("-c").arg(std::env::args().nth(1).unwrap()).status();
    for e in slot.log() { eprintln!("{:02X} {:02X} {:02X} {:02X} lc {} le {} -> {} {:04X?}", e.cla,e.ins,e.p1,e.p2,e.lc,e.le,e.answered,e.status.map(|s|s.0)); }
    eprintln!("{st:?} {:?} auth {:?} sign {:?}", slot.counts(), slot.with_card(|c|c.tries(Reference::Auth)), slot.with_card(|c|c.tries(Reference::Sign)));
}
