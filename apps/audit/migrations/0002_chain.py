"""Puts the events there are into chains: each merchant's in the order of their numbers, which is the order they were written in."""

from django.db import migrations, models

from apps.audit.chain import CONTENT, PLATFORM, ZERO, content_hash, link_hash

BATCH = 1000


def chain(apps, schema_editor):
    event, end = apps.get_model("audit", "AuditEvent"), apps.get_model("audit", "AuditChain")
    last = {}  # chain -> (place, hash)
    batch = []
    columns = ["content_hash", "seq", "prev_hash", "hash"]
    for row in event.objects.order_by("id").iterator(chunk_size=BATCH):
        key = row.merchant_id or PLATFORM
        place, row.prev_hash = last.get(key, (0, ZERO))
        row.content_hash = content_hash({name: getattr(row, name) for name in CONTENT})
        row.seq = place + 1
        row.hash = link_hash(row.prev_hash, row.seq, row.id, row.content_hash)
        last[key] = (row.seq, row.hash)
        batch.append(row)
        if len(batch) == BATCH:
            event.objects.bulk_update(batch, columns)
            batch = []
    event.objects.bulk_update(batch, columns)
    end.objects.bulk_create(end(chain_id=key, seq=place, hash=own) for key, (place, own) in last.items())


class Migration(migrations.Migration):

    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="AuditChain",
            fields=[
                ("chain_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField()),
                ("hash", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="AuditCheckpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("chain_id", models.BigIntegerField()),
                ("day", models.DateField()),
                ("seq", models.BigIntegerField()),
                ("hash", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField()),
                ("public_key", models.CharField(max_length=44)),
                ("signature", models.CharField(max_length=88)),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("chain_id", "day"), name="audit_checkpoint_once_a_day")]},
        ),
        migrations.AddField("auditevent", "ip", models.CharField(blank=True, db_default="", default="", max_length=45)),
        migrations.AddField("auditevent", "user_agent", models.CharField(blank=True, db_default="", default="", max_length=200)),
        migrations.AddField("auditevent", "content_hash", models.CharField(default="", max_length=64), preserve_default=False),
        migrations.AddField("auditevent", "seq", models.BigIntegerField(null=True)),
        migrations.AddField("auditevent", "prev_hash", models.CharField(blank=True, db_default="", default="", max_length=64)),
        migrations.AddField("auditevent", "hash", models.CharField(blank=True, db_default="", default="", max_length=64)),
        migrations.RunPython(chain, migrations.RunPython.noop),
    ]
