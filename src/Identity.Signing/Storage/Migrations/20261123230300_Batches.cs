using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Identity.Signing.Storage.Migrations
{
    /// <inheritdoc />
    public partial class Batches : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "BatchId",
                table: "Requests",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "BatchPosition",
                table: "Requests",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.CreateTable(
                name: "Evidence",
                columns: table => new
                {
                    ApprovalId = table.Column<string>(nullable: false),
                    Evidence = table.Column<string>(nullable: false),
                    StoredAt = table.Column<long>(nullable: false),
                    ProviderKeys = table.Column<string>(nullable: true),
                    Certificates = table.Column<string>(nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Evidence", x => x.ApprovalId);
                });

            migrationBuilder.CreateIndex(
                name: "IX_Requests_BatchId_BatchPosition",
                table: "Requests",
                columns: new[] { "BatchId", "BatchPosition" });

            migrationBuilder.Sql("INSERT INTO \"Evidence\" (\"ApprovalId\", \"Evidence\", \"StoredAt\") SELECT \"ApprovalId\", \"Evidence\", \"StoredAt\" FROM \"Approvals\";");

            // By hand: SQLite cannot change a primary key, and the framework's way of making a table anew leaves the transaction, so that a kill between would leave half of this.
            migrationBuilder.CreateTable(
                name: "ApprovalsBefore",
                columns: table => new
                {
                    ApprovalId = table.Column<string>(nullable: false),
                    RequestId = table.Column<string>(nullable: false),
                    StoredAt = table.Column<long>(nullable: false),
                    TakenAt = table.Column<long>(nullable: true),
                    TakenBy = table.Column<string>(nullable: true),
                    EndedAt = table.Column<long>(nullable: true),
                    Outcome = table.Column<string>(nullable: true),
                    NextTryAt = table.Column<long>(nullable: true),
                    Tries = table.Column<int>(nullable: false)
                });
            migrationBuilder.Sql(Copied("ApprovalsBefore", "Approvals", ""));
            migrationBuilder.DropTable(name: "Approvals");
            migrationBuilder.CreateTable(
                name: "Approvals",
                columns: table => new
                {
                    ApprovalId = table.Column<string>(nullable: false),
                    RequestId = table.Column<string>(nullable: false),
                    StoredAt = table.Column<long>(nullable: false),
                    TakenAt = table.Column<long>(nullable: true),
                    TakenBy = table.Column<string>(nullable: true),
                    EndedAt = table.Column<long>(nullable: true),
                    Outcome = table.Column<string>(nullable: true),
                    NextTryAt = table.Column<long>(nullable: true),
                    Tries = table.Column<int>(nullable: false),
                    HeldUntil = table.Column<long>(nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Approvals", x => new { x.ApprovalId, x.RequestId });
                });
            // What was taken and has no end is over.
            migrationBuilder.Sql(Copied("Approvals", "ApprovalsBefore", "\"HeldUntil\""));
            migrationBuilder.DropTable(name: "ApprovalsBefore");
            foreach (var column in new[] { "EndedAt", "NextTryAt", "RequestId" })
                migrationBuilder.CreateIndex(name: "IX_Approvals_" + column, table: "Approvals", column: column);
        }

        private static string Copied(string into, string from, string held)
        {
            const string Columns = "\"ApprovalId\", \"RequestId\", \"StoredAt\", \"TakenAt\", \"TakenBy\", \"EndedAt\", \"Outcome\", \"NextTryAt\", \"Tries\"";
            var (more, value) = held.Length == 0 ? ("", "") : (", " + held, ", \"TakenAt\"");
            return $"INSERT INTO \"{into}\" ({Columns}{more}) SELECT {Columns}{value} FROM \"{from}\";";
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "Evidence");

            migrationBuilder.DropIndex(
                name: "IX_Requests_BatchId_BatchPosition",
                table: "Requests");

            migrationBuilder.DropPrimaryKey(
                name: "PK_Approvals",
                table: "Approvals");

            migrationBuilder.DropColumn(
                name: "BatchId",
                table: "Requests");

            migrationBuilder.DropColumn(
                name: "BatchPosition",
                table: "Requests");

            migrationBuilder.DropColumn(
                name: "HeldUntil",
                table: "Approvals");

            migrationBuilder.AddColumn<string>(
                name: "Evidence",
                table: "Approvals",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddPrimaryKey(
                name: "PK_Approvals",
                table: "Approvals",
                column: "ApprovalId");
        }
    }
}
