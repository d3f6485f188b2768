"""A whole session through the real log: from the station's frames to the issued report."""

import time

from domain.events.capture_session import AttemptJudged
from tests.adapters.workers.clinic_day import ClinicDay


def test_a_session_goes_from_frames_to_the_report(day: ClinicDay) -> None:
    began = day.log.size()
    session = day.open_session()
    attempt = day.submit(session)
    t = time.time()
    day.work()
    print("work1", time.time() - t)
    for each in day.events(session.stream):
        if isinstance(each, AttemptJudged):
            print(each)
    print(day.names(began))
    day.close(session)
    t = time.time()
    day.work()
    print("work2", time.time() - t)
    day.sign_off(session)
    t = time.time()
    day.work()
    print("work3", time.time() - t)
    print(day.names(began))
