"""Verify an evidence bundle: one report, offline, without our keys and without trusting us.

Rules kept here:

1. The steps are those of the specification, in its order; each says what holds if it passed.
2. A step goes on after a failure and looks at everything else it can; the verdict is passed only
   if no step failed.
3. The manifest is an index. What it says is compared with what entries and payloads say.

Source: ``domain/ledger/SPECIFICATION.md``, section 8.
"""

from hmac import compare_digest

from domain.errors import ChainBroken, MalformedInput
from domain.ledger import bundle, canonical
from domain.ledger.chain import EMPTY_STREAM, StreamHead, check_follows
from domain.ledger.checkpoint import (
    Checkpoint,
    VerifierKey,
    parse_body,
    parse_note,
    parse_verifier_key,
)
from domain.ledger.encoding import digest_text
from domain.ledger.entry import commitment, decode_entry
from domain.ledger.merkle import leaf_hash
from domain.ledger.report_data import FIRST_FORMAT, ReportData, read_report_data
from validation.audit.account import Account, Told
from validation.audit.anchor import (
    check_inclusions,
    check_log_signature,
    check_outside,
    check_seen,
)
from validation.audit.archive import Archive
from validation.audit.authority import NOTHING, Trust
from validation.audit.contents import check_contents, check_devices
from validation.audit.opened_bundle import OpenedBundle
from validation.audit.outcome import Outcome, Step
from validation.audit.trace import follow_report


def verify_bundle(
    archive: Archive,
    *,
    log_key: VerifierKey | None = None,
    outside: bytes | None = None,
    trust: Trust = NOTHING,
) -> Outcome:
    """Verify a bundle.

    Args:
        archive: The bundle.
        log_key: Any of the log's keys as known from elsewhere; the bundle's own is used if none.
        outside: A signed checkpoint of the log that was kept elsewhere.
        trust: Witnesses that have to have signed, and statements kept elsewhere.

    Raises:
        MalformedInput: the archive holds no manifest or checkpoint that can be read at all, or the
            outside checkpoint cannot be read.
    """
    manifest = bundle.parse_manifest(archive.read(bundle.MANIFEST_PATH))
    note = archive.read(bundle.CHECKPOINT_PATH)
    checkpoint = parse_body(parse_note(note).text)
    pinned = log_key or trust.log_key
    read = OpenedBundle(archive, manifest)
    outcome = Outcome(
        f"Evidence bundle of report record {manifest.report_seq}, log {checkpoint.origin}, "
        f"packed {manifest.created_at}"
    )
    _check_container(read, outcome.begin("The bundle holds what its manifest names, no more"))
    _read_entries(read, outcome.begin("Every record is readable and is what the index says"))
    _check_chains(read, outcome.begin("The records of each stream follow one another"))
    check_inclusions(
        read, note, checkpoint, outcome.begin("Every record is in the tree of the checkpoint")
    )
    keys = check_log_signature(
        note,
        pinned or parse_verifier_key(manifest.log_key),
        (*_successions(archive), *trust.successions),
        pinned=pinned is not None,
        step=outcome.begin("The checkpoint is signed by the log"),
    )
    seen = check_outside(
        read,
        checkpoint,
        keys,
        outside=outside,
        witnesses=trust.witnesses,
        step=outcome.begin("The log continues what was seen of it before"),
    )
    data = _read_report(read, checkpoint, outcome.steps[-1])
    _read_payloads(read, outcome.begin("Every disclosed payload is what its record commits to"))
    check_devices(read, outcome.begin("Every device signature is right"))
    check_contents(read, outcome.begin("Every content is what a record names, links are true"))
    _trace(read, data, outcome.begin("The report leads back to its origins"))
    _conclude(checkpoint, data, outcome, pinned=pinned is not None, outside=seen)
    return outcome


def _check_container(read: OpenedBundle, step: Step) -> None:
    expected = set(read.manifest.paths())
    there = read.archive.names()
    for name in sorted(expected - there):
        step.fail(f"{name} is missing")
    for name in sorted(there - expected):
        if name == bundle.SPECIFICATION_PATH or name.startswith(bundle.VERIFIER_FOLDER):
            step.note(f"{name} is enclosed and is not evidence")
        elif name.startswith(bundle.SUCCESSIONS_FOLDER):
            step.note(f"{name} says which key of the log took over")
        else:
            step.fail(f"{name} does not belong to the bundle")
    step.note(f"{len(read.manifest.records)} records, {len(read.manifest.blobs)} contents")


def _successions(archive: Archive) -> tuple[bytes, ...]:
    names = sorted(archive.names())
    return tuple(archive.read(name) for name in names if name.startswith(bundle.SUCCESSIONS_FOLDER))


def _read_entries(read: OpenedBundle, step: Step) -> None:
    for record in read.manifest.records:
        try:
            data = read.archive.read(bundle.entry_path(record.seq))
            entry = decode_entry(data)
        except MalformedInput as error:
            step.fail(f"record {record.seq}: {error}")
            continue
        header = entry.header
        said = (record.seq, record.stream, record.version, record.name)
        if (header.seq, header.stream, header.version, header.name) != said:
            step.fail(
                f"record {record.seq} is {header.name}, version {header.version} of "
                f"{header.stream}, record {header.seq} of the log; the index says otherwise"
            )
            continue
        read.entries[record.seq] = entry
        read.leaves[record.seq] = leaf_hash(data)
    step.note(f"{len(read.entries)} of {len(read.manifest.records)} records read")


def _check_chains(read: OpenedBundle, step: Step) -> None:
    streams = read.streams()
    for stream, entries in sorted(streams.items()):
        head = EMPTY_STREAM
        for entry in entries:
            version = entry.header.version
            if version > head.version + 1:
                step.note(f"{stream}: version {version} is here without the one before it")
            else:
                try:
                    check_follows(entry, head)
                except ChainBroken as error:
                    step.fail(str(error))
            head = StreamHead(version=version, leaf=read.leaves[entry.header.seq])
    step.note(f"{len(read.entries)} records of {len(streams)} streams")


def _read_payloads(read: OpenedBundle, step: Step) -> None:
    for record in read.manifest.records:
        entry = read.entries.get(record.seq)
        if not record.disclosed or entry is None:
            continue
        try:
            data = read.archive.read(bundle.disclosure_path(record.seq))
            salt, payload = bundle.split_disclosure(data)
            if not compare_digest(commitment(salt, payload), entry.header.commitment):
                step.fail(f"record {record.seq} ({record.name}) does not say what is disclosed")
                continue
            read.payloads[record.seq] = canonical.parse(payload)
        except MalformedInput as error:
            step.fail(f"the disclosure of record {record.seq}: {error}")
        else:
            read.disclosures[record.seq] = data
    closed = len(read.entries) - len(read.payloads)
    step.note(f"{len(read.payloads)} payloads disclosed, {closed} records closed")


def _read_report(read: OpenedBundle, checkpoint: Checkpoint, step: Step) -> ReportData | None:
    """Return what the report document says in its data, having checked that it saw this log."""
    try:
        document = read.archive.read(bundle.blob_path(read.manifest.report_digest))
        data = read_report_data(document)
    except MalformedInput as error:
        step.fail(f"the report document says nothing that can be followed: {error}")
        return None
    check_seen(read, checkpoint, data, step)
    return data


def _trace(read: OpenedBundle, data: ReportData | None, step: Step) -> None:
    account = Account(
        (
            Told(
                header=entry.header,
                payload=read.payloads.get(seq),
                signed=entry.device_signature is not None,
            )
            for seq, entry in read.entries.items()
        ),
        {digest_text(blob.digest) for blob in read.manifest.blobs},
    )
    document = digest_text(read.manifest.report_digest), data
    follow_report(account, read.manifest.report_seq, document, step)


def _conclude(
    checkpoint: Checkpoint,
    data: ReportData | None,
    outcome: Outcome,
    *,
    pinned: bool,
    outside: bool,
) -> None:
    passed = outcome.passed
    step = outcome.begin("Conclusion")
    if not passed:
        wrong = [str(each.number) for each in outcome.steps if not each.passed]
        step.fail(f"the bundle is not what it claims to be: see step {', '.join(wrong)}")
        return
    step.note(f"The report and everything it rests on here stand in the log {checkpoint.origin}")
    step.note("as they were recorded, and lead to one another as they claim.")
    if not pinned:
        step.note("This rests on a log key that came with the bundle (step 5).")
    if not outside:
        step.note(
            "Without a checkpoint from elsewhere it rests on one log, not on its only history."
        )
    if data is None or data.format == FIRST_FORMAT:
        step.note("Not shown: that the log holds nothing more on the same streams, such as the")
    else:
        step.note(
            "Not shown: what the log holds on the same streams since the signature, such as the"
        )
    step.note("withdrawal of a claim; that clocks were right; what stands on the report's pages.")
