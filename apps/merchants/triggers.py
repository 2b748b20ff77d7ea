"""What a constraint cannot hold about the people of a merchant, because it looks at the others."""

from apps.core.triggers import Trigger, declare

_LEAVES = "OLD.role = 'owner' AND OLD.deactivated_at IS NULL AND (NEW.role <> 'owner' OR NEW.deactivated_at IS NOT NULL)"
_ALONE = """NOT EXISTS (SELECT 1 FROM merchants_membership m JOIN merchants_user u ON u.id = m.user_id
    WHERE m.merchant_id = OLD.merchant_id AND m.id <> OLD.id AND m.role = 'owner' AND m.deactivated_at IS NULL AND u.is_active)"""

# On PostgreSQL the merchant's row is locked first: of two owners who leave at the same moment, the second sees that the first is gone.
declare(
    Trigger(
        name="member_last_owner_stays",
        table="merchants_membership",
        sqlite=f"""CREATE TRIGGER member_last_owner_stays BEFORE UPDATE OF role, deactivated_at ON merchants_membership
            WHEN {_LEAVES} AND {_ALONE} BEGIN SELECT RAISE(ABORT, 'merchant_without_owner'); END""",
        postgresql=f"""CREATE TRIGGER member_last_owner_stays BEFORE UPDATE OF role, deactivated_at ON merchants_membership
            FOR EACH ROW WHEN ({_LEAVES}) EXECUTE FUNCTION member_last_owner_stays_fn()""",
        function=f"""CREATE OR REPLACE FUNCTION member_last_owner_stays_fn() RETURNS trigger AS $$ BEGIN
            PERFORM 1 FROM merchants_merchant WHERE id = OLD.merchant_id FOR NO KEY UPDATE;
            IF {_ALONE} THEN
                RAISE EXCEPTION 'merchant_without_owner' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW; END $$ LANGUAGE plpgsql""",
    )
)
