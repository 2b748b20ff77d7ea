from tests.channels import sample_table


def test_the_table_in_the_docs_says_what_the_readers_say(shared_folder):
    assert sample_table.PAGE.read_text(encoding="utf-8") == sample_table.page(shared_folder / "samples")
