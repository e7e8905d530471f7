import os, pytest
from tests.calls.transfers import faults, playing
pytestmark = [pytest.mark.calls, pytest.mark.asyncio(loop_scope="session")]
async def test_dbg(lab, phone, switch):
    wanted = [f for f in faults.FAULTS if any(w in f.name for w in os.environ["W"].split(","))]
    for one in await playing.play_all(lab, switch, wanted): print("PLAYED", one)
    if os.environ.get("LOGS"): print(lab.dispatch.output()[-9000:])
