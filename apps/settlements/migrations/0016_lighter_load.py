"""The lines of a file are found by its span of primary keys; discrepancies check no key in tables of millions."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Max, Min


def remember_spans(apps, schema_editor):
    """The span of each file that is in, from its lines."""
    line, statement = (apps.get_model("settlements", name) for name in ("StatementLine", "Statement"))
    spans = line.objects.order_by().values("statement_id").annotate(first=Min("pk"), last=Max("pk")).values_list("statement_id", "first", "last")
    for pk, first, last in spans.iterator():
        statement.objects.filter(pk=pk).update(lines_from=first, lines_to=last)


def loose(model):
    """A key without a constraint in the database."""
    return models.ForeignKey(
        db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="discrepancies", to=model
    )


class Migration(migrations.Migration):
    dependencies = [("settlements", "0015_tied_by_two_people")]

    operations = [
        migrations.AddField("statement", "lines_from", models.BigIntegerField(null=True)),
        migrations.AddField("statement", "lines_to", models.BigIntegerField(null=True)),
        migrations.RunPython(remember_spans, migrations.RunPython.noop),
        migrations.RemoveIndex("statementline", "line_of_file"),
        migrations.AlterField("discrepancy", "payment", loose("orders.payment")),
        migrations.AlterField("discrepancy", "refund", loose("orders.refund")),
        migrations.AlterField("discrepancy", "line", loose("settlements.statementline")),
    ]
