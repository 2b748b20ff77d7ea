"""What a constraint cannot say of the tables of channels."""

from apps.core.triggers import Trigger, declare

# A file was read by a version: what the version says may not change afterwards. Its person may be forgotten.
_KEPT = ("merchant_id", "channel_id", "bank_account_id", "version", "valid_from", "mapping", "fingerprint", "source", "created_at")
_TABLE = "channels_mappingversion"
_SQLITE = " OR ".join(f'NEW."{name}" IS NOT OLD."{name}"' for name in _KEPT)
_POSTGRESQL = " OR ".join(f'NEW."{name}"::text IS DISTINCT FROM OLD."{name}"::text' for name in _KEPT)

declare(
    Trigger(
        name="mapping_version_kept",
        table=_TABLE,
        sqlite=f"""CREATE TRIGGER mapping_version_kept BEFORE UPDATE ON {_TABLE} WHEN {_SQLITE}
            BEGIN SELECT RAISE(ABORT, 'mapping_version_kept'); END""",
        postgresql=f"""CREATE TRIGGER mapping_version_kept BEFORE UPDATE ON {_TABLE} FOR EACH ROW WHEN ({_POSTGRESQL})
            EXECUTE FUNCTION mapping_version_refuse()""",
        function="""CREATE OR REPLACE FUNCTION mapping_version_refuse() RETURNS trigger AS $$
            BEGIN RAISE EXCEPTION 'mapping_version_kept' USING ERRCODE = 'integrity_constraint_violation'; END $$ LANGUAGE plpgsql""",
    )
)
