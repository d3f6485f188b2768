"""Tables of the projections; all of them can be emptied and filled again from the record."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:  # noqa: PLR0915 - one statement a table
    """Create the tables."""
    op.create_table(
        "acquisition_protocol",
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_version", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.Text(), nullable=True),
        sa.Column("retired_because", sa.Text(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("protocol"),
    )
    op.create_table(
        "artefact",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("inference", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session", "digest"),
    )
    op.create_index(op.f("ix_artefact_subject"), "artefact", ["subject"], unique=False)
    op.create_table(
        "assessment",
        sa.Column("assessment", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("attempts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("frames", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("inferences", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("withheld", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("conclusion", sa.Text(), nullable=True),
        sa.Column("signature", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("amendments", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("flags", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("opened_at", sa.Text(), nullable=False),
        sa.Column("opened_seq", sa.BigInteger(), nullable=False),
        sa.Column("signed_seq", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("assessment"),
    )
    op.create_index(
        "ix_assessment_of_subject", "assessment", ["subject", "opened_seq"], unique=False
    )
    op.create_index(op.f("ix_assessment_session"), "assessment", ["session"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("view", sa.Text(), nullable=False),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("captured_at", sa.Text(), nullable=True),
        sa.Column("received_at", sa.Text(), nullable=True),
        sa.Column("committed_at", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("device_sequence", sa.BigInteger(), nullable=True),
        sa.Column("frames", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("conditions", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("gates", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("claims", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("measurements", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("verdict", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("depth", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("failure", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("session", "attempt"),
    )
    op.create_index(op.f("ix_attempt_subject"), "attempt", ["subject"], unique=False)
    op.create_table(
        "audit_trail",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("erased", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("device_sequence", sa.BigInteger(), nullable=True),
        sa.Column("device_time", sa.Text(), nullable=True),
        sa.Column("received_at", sa.Text(), nullable=True),
        sa.Column("correlation", sa.Text(), nullable=False),
        sa.Column("causation", sa.BigInteger(), nullable=True),
        sa.Column("leaf", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_audit_trail_by_actor", "audit_trail", ["actor", "seq"], unique=False)
    op.create_index("ix_audit_trail_by_name", "audit_trail", ["name", "seq"], unique=False)
    op.create_index("ix_audit_trail_by_stream", "audit_trail", ["stream", "seq"], unique=False)
    op.create_index("ix_audit_trail_by_subject", "audit_trail", ["subject", "seq"], unique=False)
    op.create_table(
        "calibration",
        sa.Column("calibration", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("record", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("cameras", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("valid_until", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("locked_at", sa.Text(), nullable=True),
        sa.Column("locked_by", sa.Text(), nullable=True),
        sa.Column("locked_seq", sa.BigInteger(), nullable=True),
        sa.Column("invalidated_because", sa.Text(), nullable=True),
        sa.Column("drift", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("calibration"),
    )
    op.create_index(
        "ix_calibration_in_force", "calibration", ["device", "locked_seq"], unique=False
    )
    op.create_index("ix_calibration_in_order", "calibration", ["device", "seq"], unique=False)
    op.create_table(
        "capture_blocked",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("view", sa.Text(), nullable=True),
        sa.Column("gates", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index(
        op.f("ix_capture_blocked_session"), "capture_blocked", ["session"], unique=False
    )
    op.create_index(
        op.f("ix_capture_blocked_subject"), "capture_blocked", ["subject"], unique=False
    )
    op.create_table(
        "capture_session",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("prompts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("model_manifest", sa.Text(), nullable=False),
        sa.Column("preconditions", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.Text(), nullable=False),
        sa.Column("opened_seq", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("session"),
    )
    op.create_index(
        "ix_capture_session_in_state", "capture_session", ["state", "opened_seq"], unique=False
    )
    op.create_index(
        "ix_capture_session_of_subject", "capture_session", ["subject", "opened_seq"], unique=False
    )
    op.create_index(
        "ix_capture_session_on_device",
        "capture_session",
        ["device", "state", "opened_seq"],
        unique=False,
    )
    op.create_index(
        op.f("ix_capture_session_opened_seq"), "capture_session", ["opened_seq"], unique=False
    )
    op.create_table(
        "clinic",
        sa.Column("clinic", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("clinic"),
    )
    op.create_table(
        "consent",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wording_version", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("wording", sa.Text(), nullable=True),
        sa.Column("given_by", sa.Text(), nullable=True),
        sa.Column("valid_until", sa.Text(), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "purpose"),
    )
    op.create_table(
        "device",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("configuration", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("configuration_seq", sa.BigInteger(), nullable=True),
        sa.Column("quarantine", sa.Text(), nullable=True),
        sa.Column("enrolled_at", sa.Text(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.Text(), nullable=True),
        sa.Column("clock_offset_ms", sa.Float(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("device"),
    )
    op.create_table(
        "device_incident",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index(
        "ix_device_incident_in_order", "device_incident", ["device", "seq"], unique=False
    )
    op.create_table(
        "device_sequence_gap",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index(
        "ix_device_sequence_gap_in_order", "device_sequence_gap", ["device", "seq"], unique=False
    )
    op.create_table(
        "erasure_request",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.Text(), nullable=False),
        sa.Column("refused_because", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_table(
        "field_check",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("record", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_field_check_in_order", "field_check", ["device", "seq"], unique=False)
    op.create_table(
        "finding",
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("assessment", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("proposed", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("amended_value", sa.Float(), nullable=True),
        sa.Column("amended_text", sa.Text(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("finding"),
    )
    op.create_index(op.f("ix_finding_assessment"), "finding", ["assessment"], unique=False)
    op.create_index(op.f("ix_finding_subject"), "finding", ["subject"], unique=False)
    op.create_table(
        "illumination",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("record", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_illumination_in_order", "illumination", ["device", "seq"], unique=False)
    op.create_table(
        "inference",
        sa.Column("inference", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Text(), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("frames", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("run", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("inputs", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("outputs", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("findings", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("artefacts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("failure", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("reproductions", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("requested_seq", sa.BigInteger(), nullable=False),
        sa.Column("ended_seq", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("inference"),
    )
    op.create_index(op.f("ix_inference_session"), "inference", ["session"], unique=False)
    op.create_index(op.f("ix_inference_subject"), "inference", ["subject"], unique=False)
    op.create_table(
        "model_release",
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("release_version", sa.Text(), nullable=False),
        sa.Column("manifest", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.Text(), nullable=True),
        sa.Column("suspended_because", sa.Text(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("release"),
    )
    op.create_table(
        "output_withheld",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Text(), nullable=False),
        sa.Column("output", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("next_step", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index(
        op.f("ix_output_withheld_session"), "output_withheld", ["session"], unique=False
    )
    op.create_index(
        op.f("ix_output_withheld_subject"), "output_withheld", ["subject"], unique=False
    )
    op.create_table(
        "practitioner",
        sa.Column("practitioner", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("profession", sa.Text(), nullable=False),
        sa.Column("registration", sa.Text(), nullable=False),
        sa.Column("roles", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("credentials", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("last_signed_in_at", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("practitioner"),
    )
    op.create_table(
        "projection_erased_key",
        sa.Column("projection", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("projection", "key"),
    )
    op.create_table(
        "projection_position",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("stalled_seq", sa.BigInteger(), nullable=True),
        sa.Column("stalled_why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "projection_rebuild",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("records_per_s", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "report",
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("assessment", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("document", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("signed_digest", sa.Text(), nullable=False),
        sa.Column("verification_code", sa.Text(), nullable=False),
        sa.Column("renderer", sa.Text(), nullable=False),
        sa.Column("sources", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("issued_at", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("flags", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("report"),
    )
    op.create_index(op.f("ix_report_assessment"), "report", ["assessment"], unique=False)
    op.create_index(op.f("ix_report_subject"), "report", ["subject"], unique=False)
    op.create_index(
        op.f("ix_report_verification_code"), "report", ["verification_code"], unique=False
    )
    op.create_table(
        "session_content",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session", "digest"),
    )
    op.create_index(
        op.f("ix_session_content_subject"), "session_content", ["subject"], unique=False
    )
    op.create_table(
        "software",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("build", sa.Text(), nullable=False),
        sa.Column("components", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "subject",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column("enrolled_at", sa.Text(), nullable=False),
        sa.Column("enrolled_seq", sa.BigInteger(), nullable=False),
        sa.Column("holds", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("erased_at", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_index(op.f("ix_subject_enrolled_seq"), "subject", ["enrolled_seq"], unique=False)
    op.create_table(
        "subject_identity",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("date_of_birth", sa.Text(), nullable=False),
        sa.Column("clinic_number", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_table(
        "subject_word",
        sa.Column(
            "word", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("identifying", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("word", "subject", "identifying"),
    )
    op.create_index(op.f("ix_subject_word_subject"), "subject_word", ["subject"], unique=False)
    op.create_table(
        "trace_edge",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("source", "target"),
    )
    op.create_index("ix_trace_edge_backwards", "trace_edge", ["target", "source"], unique=False)
    op.create_index(op.f("ix_trace_edge_subject"), "trace_edge", ["subject"], unique=False)
    op.create_table(
        "trace_latest",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index(op.f("ix_trace_latest_subject"), "trace_latest", ["subject"], unique=False)
    op.create_table(
        "trace_node",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_trace_node_digest"), "trace_node", ["digest"], unique=False)
    op.create_index(op.f("ix_trace_node_subject"), "trace_node", ["subject"], unique=False)
    op.create_table(
        "work_item",
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.Column("updated_seq", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("blocked", sa.Integer(), nullable=False),
        sa.Column("withheld", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("assessment", sa.Text(), nullable=True),
        sa.Column("findings_total", sa.Integer(), nullable=False),
        sa.Column("reviewed", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("concluded", sa.Boolean(), nullable=False),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.Column("unanswered", sa.Boolean(), nullable=False),
        sa.Column("report", sa.Text(), nullable=True),
        sa.Column(
            "report_number",
            sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("flags", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("session"),
    )
    op.create_index(op.f("ix_work_item_assessment"), "work_item", ["assessment"], unique=False)
    op.create_index("ix_work_item_in_order", "work_item", ["kind", "updated_seq"], unique=False)
    op.create_index(
        op.f("ix_work_item_report_number"), "work_item", ["report_number"], unique=False
    )
    op.create_index(op.f("ix_work_item_subject"), "work_item", ["subject"], unique=False)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("work_item")
    op.drop_table("trace_node")
    op.drop_table("trace_latest")
    op.drop_table("trace_edge")
    op.drop_table("subject_word")
    op.drop_table("subject_identity")
    op.drop_table("subject")
    op.drop_table("software")
    op.drop_table("session_content")
    op.drop_table("report")
    op.drop_table("projection_rebuild")
    op.drop_table("projection_position")
    op.drop_table("projection_erased_key")
    op.drop_table("practitioner")
    op.drop_table("output_withheld")
    op.drop_table("model_release")
    op.drop_table("inference")
    op.drop_table("illumination")
    op.drop_table("finding")
    op.drop_table("field_check")
    op.drop_table("erasure_request")
    op.drop_table("device_sequence_gap")
    op.drop_table("device_incident")
    op.drop_table("device")
    op.drop_table("consent")
    op.drop_table("clinic")
    op.drop_table("capture_session")
    op.drop_table("capture_blocked")
    op.drop_table("calibration")
    op.drop_table("audit_trail")
    op.drop_table("attempt")
    op.drop_table("assessment")
    op.drop_table("artefact")
    op.drop_table("acquisition_protocol")
