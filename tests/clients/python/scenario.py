"""A topic from its raising to its acceptance, through the generated client."""

import os

from yishi import AuthenticatedClient
from yishi.api.topic import accept_topic, get_topic, raise_topic
from yishi.models import AcceptanceInput, Problem, TopicInput

address, tenant, unit = (os.environ[name] for name in ("YISHI_ADDRESS", "YISHI_TENANT", "YISHI_UNIT"))


def caller(name: str) -> AuthenticatedClient:
    return AuthenticatedClient(base_url=address, token=os.environ[name])


resident, coordinator = caller("YISHI_RESIDENT"), caller("YISHI_COORDINATOR")

topic = TopicInput.from_dict({"unit": unit, "channel": "online", "title": "电梯加装", "body": "5号楼希望加装电梯。"})
raised = [raise_topic.sync(tenant, client=resident, body=topic, idempotency_key="from python") for _ in range(2)]
assert raised[0] and raised[0] == raised[1], raised
(topic_id,) = raised[0].ids

accepted = accept_topic.sync_detailed(tenant, topic_id, client=coordinator, body=AcceptanceInput())
assert accepted.status_code == 200, accepted

late = accept_topic.sync(tenant, topic_id, client=coordinator, body=AcceptanceInput())
assert isinstance(late, Problem) and late.status == 409 and late.code, late

wrong = raise_topic.sync(tenant, client=resident, body=TopicInput.from_dict({**topic.to_dict(), "title": ""}))
assert isinstance(wrong, Problem) and wrong.code == "request.bad_field", wrong

read = get_topic.sync(tenant, topic_id, client=resident)
assert read and not isinstance(read, Problem) and read.stage == "accepted", read
print("told", read.title)
